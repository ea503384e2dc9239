-- Both directions: every successful production deployment is a row, and every record belongs to one of them.
with records as (
    select
        count(distinct records.artifact_id) as expected,
        count(distinct case when deployments.deployment_id is not null then records.artifact_id end) as actual
    from {{ ref('stg_deploys__evidence_records') }} as records
    cross join {{ ref('dim_engagement') }} as engagement
    left join {{ ref('fct_deployment') }} as deployments
        on deployments.repo_id = records.repo_id
        and (
            deployments.deployment_id = records.deployment_id
            or (records.deployment_id is null and deployments.run_id = records.run_id)
        )
    where records.artifact_id is not null
        and records.artifact_created_at >= cast(engagement.window_start as timestamp)
        and records.artifact_created_at <= {{ as_of() }}
)

{{ deployments_reconciled(
    'ctl_cm_12__evidence_records_are_true',
    ['runs_have_a_deployment', 'repositories_refused', 'no_runtime_changes'],
    classified=true
) }}

union all

{{ counts_agree('records_of_known_deployments', 'deploys.evidence_records', 'expected', 'actual', 'records published in the window that name a deployment that is known') }}
from records
