{{ log_streams_reconciled('config_change', ref('ctl_lg_04__configuration_changes_are_logged')) }}
