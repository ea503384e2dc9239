{{ deployments_reconciled(
    'ctl_cm_07__staging_was_validated',
    ['runs_have_a_deployment', 'deployments_seen_in_cloud', 'repositories_refused', 'no_runtime_changes']
) }}
