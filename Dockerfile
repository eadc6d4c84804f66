# docker build --tag speech-commands .
# docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD/data:/project/data" speech-commands run --env=demo
FROM python:3.12-slim

# Other formats than WAV are decoded by ffmpeg.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /project

# Dependencies change less often than sources, so that their layer is kept.
COPY pyproject.toml requirements.lock README.md ./
COPY src/speech_commands/__init__.py src/speech_commands/__init__.py
RUN pip install --no-cache-dir --constraint requirements.lock ".[dask,s3]" \
    && pip uninstall --yes speech-commands

COPY LICENSE .telemetry ./
COPY conf conf
COPY src src
RUN pip install --no-cache-dir --no-deps --editable . \
    && useradd --create-home kedro \
    && mkdir --parents conf/local data \
    && chown kedro data

USER kedro
VOLUME /project/data
ENTRYPOINT ["kedro"]
CMD ["run"]
