{{ log_streams_judged('system_error') }}
