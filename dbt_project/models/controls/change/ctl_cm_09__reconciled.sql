{{ deployments_reconciled(
    'ctl_cm_09__deployments_are_watched',
    ['runs_have_a_deployment', 'deployments_seen_in_cloud', 'repositories_refused', 'no_runtime_changes']
) }}
