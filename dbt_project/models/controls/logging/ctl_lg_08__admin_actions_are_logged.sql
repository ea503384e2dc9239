{{ log_streams_judged('admin_action') }}
