{{ deployments_reconciled(
    'ctl_cm_06__staging_precedes_production',
    ['runs_have_a_deployment', 'deployments_seen_in_cloud', 'repositories_refused', 'no_runtime_changes']
) }}
