"""Prometheus Alertmanager: its webhook receiver, in the shape that Grafana took over.
https://prometheus.io/docs/alerting/latest/configuration/#webhook_config · Nothing is signed: the
secret comes by basic auth or as a bearer token (``http_config``). A group that is sent again every
``repeat_interval`` begins at the same time and is the same occurrence."""

from dataclasses import replace

from bot.sources import grafana, proof

SOURCE = replace(
    grafana.SOURCE,
    NAME="alertmanager",
    prove=proof.by_token,
    each="alerts",
    key="fingerprint || to_string(labels)",
)
