# Two stages: what builds stays behind. A tag is no pin: for one, put the digest that you have
# checked behind it (`docker buildx imagetools inspect debian:bookworm-slim`).
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv ca-certificates
WORKDIR /src
COPY requirements.lock ./
# Packages to leave out, such as those of models that are not used: "onnx onnxruntime google-genai".
ARG WITHOUT=""
RUN awk -v without="${WITHOUT}" \
      'BEGIN { n = split(without, names, " "); for (i = 1; i <= n; i++) gone[names[i]] = 1 } \
       /^[a-z0-9]/ { name = $0; sub(/[=\[].*/, "", name); skip = name in gone } !skip' \
      requirements.lock > wanted.lock \
 && python3 -m venv --without-pip /opt/soulcaster \
 && python3 -m venv /opt/installer \
 && /opt/installer/bin/pip --python /opt/soulcaster/bin/python install \
      --no-cache-dir --no-deps --require-hashes -r wanted.lock \
 && find /opt/soulcaster -type d -name tests -prune -exec rm -rf {} +
COPY . .
RUN /opt/installer/bin/pip --python /opt/soulcaster/bin/python install \
      --no-cache-dir --no-deps --no-build-isolation .

FROM ${BASE}
# git and bubblewrap are for fixes; the Redis of a single container is a package of the lock file.
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 git bubblewrap ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home soulcaster \
 && install -d -o soulcaster -g soulcaster -m 700 /data
COPY --from=build /opt/soulcaster /opt/soulcaster
ENV PATH=/opt/soulcaster/bin:/usr/bin:/bin \
    SOULCASTER_DATA_DIR=/data \
    SOULCASTER_HOST=0.0.0.0 \
    SOULCASTER_LOG=json
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
# SIGTERM ends every process in order; give it 30 seconds (docs/operations.md).
ENTRYPOINT ["soulcaster"]
CMD ["up"]
