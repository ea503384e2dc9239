{{ log_streams_reconciled('deployment', ref('ctl_lg_05__deployments_are_logged')) }}
