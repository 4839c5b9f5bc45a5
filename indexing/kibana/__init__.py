"""Kibana as code: the analysts' space, data views, dashboard and role, and what installs them."""
