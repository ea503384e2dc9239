{{ deployments_reconciled(
    'ctl_cm_11__deployed_code_is_reviewed',
    ['runs_have_a_deployment', 'deployments_seen_in_cloud', 'repositories_refused', 'no_runtime_changes']
) }}
