{{ log_streams_reconciled('admin_action', ref('ctl_lg_08__admin_actions_are_logged')) }}
