{{ log_streams_judged('config_change') }}
