{{ log_streams_judged('deployment') }}
