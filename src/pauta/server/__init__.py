"""The API over HTTP: routes, who may use them, live streams. Decides nothing: services do."""
