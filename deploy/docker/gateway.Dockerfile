# syntax=docker/dockerfile:1
# The API gateway: gunicorn with uvicorn's workers; no torch, no GPU.
#
#   docker build -f deploy/docker/gateway.Dockerfile -t easel-gateway .

ARG DEBIAN=debian:trixie-slim

FROM ${DEBIAN} AS packages
# Debian's release fixes the minor versions, and its updates are wanted.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
# requirements-telemetry.txt instead: with traces for an OpenTelemetry collector.
ARG LOCK=requirements.txt
WORKDIR /build
COPY backend/${LOCK} ./
# pip makes the byte code that a read-only container cannot write, and then is in the way.
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r "${LOCK}" \
    && /opt/venv/bin/pip uninstall --yes pip

FROM ${DEBIAN} AS gateway
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 easel \
    && useradd --uid 10001 --gid easel --no-create-home --home-dir /nonexistent easel \
    && install -d -o easel -g easel /var/lib/easel
COPY --from=packages /opt/venv /opt/venv
WORKDIR /opt/easel/backend
COPY deploy/docker/answers.py deploy/docker/drain.sh /opt/easel/
COPY backend/easel ./easel
COPY backend/main.py backend/gunicorn.conf.py ./
RUN /opt/venv/bin/python -m compileall -q .
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WEB_CONCURRENCY=4 \
    GATEWAY_PORT=8000 \
    GATEWAY_DATA_DIR=/var/lib/easel
EXPOSE 8000
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "/opt/easel/answers.py", "http://127.0.0.1:8000/livez"]
# Class of workers, port and timeouts are in gunicorn.conf.py; WEB_CONCURRENCY is
# gunicorn's own variable for the number of workers.
CMD ["gunicorn", "main:app"]
