"""The road to the customer: the MQTT contract, the hub's end of it, and later the cloud's end."""
