with incidents as (
    select *
    from ({{ incidents_judged() }}) as judged
    where {{ severity_in('highest_severity', param_value('severities')) }} and resolved_at is not null
),

postmortems as ({{ newest(ref('stg_registers__postmortems')) }}),

entries as (
    select incident_key, happened_at, value as change_ref, note, evidence_uri
    from {{ ref('fct_incident_phase') }}
    where kind = 'remediation'
    qualify row_number() over (partition by incident_key order by happened_at desc, entry_id desc) = 1
),

pulls as (
    select
        pulls.repo_full_name || '#' || pulls.pr_number as change_ref,
        pulls.owner_key,
        min(deployed.begun_at) as deployed_at,
        max(case when reviews.result = 'exception' then 1 else 0 end) = 1 as is_unreviewed
    from {{ ref('fct_pull_request') }} as pulls
    left join {{ ref('fct_deployed_commit') }} as deployed on deployed.repo_id = pulls.repo_id and deployed.commit_sha = pulls.merge_commit_sha
    left join {{ ref('ctl_cm_03__merges_were_independently_approved') }} as reviews on reviews.repo = pulls.repo_full_name and reviews.pr_number = pulls.pr_number
    group by pulls.repo_full_name, pulls.pr_number, pulls.owner_key
),

declared as (
    select object_key, max(case when is_approved then 1 else 0 end) = 1 as is_approved
    from {{ ref('fct_emergency_declaration') }}
    where kind = 'pull_request'
    group by object_key
),

stated as (
    select
        incidents.*,
        entries.happened_at as entry_at,
        entries.change_ref,
        entries.evidence_uri,
        coalesce(entries.note, nullif(trim(postmortems.root_cause), '')) as root_cause,
        entries.change_ref like '%/%#%' as is_pull_request,
        pulls.change_ref is not null as is_found,
        pulls.deployed_at,
        coalesce(pulls.is_unreviewed and not coalesce(declared.is_approved, false), false) as is_non_compliant,
        {{ as_of() }} > {{ plus_days('incidents.resolved_at', param('link_within_days')) }} as is_due,
        {{ as_of() }} > {{ plus_days('incidents.resolved_at', param('deploy_within_days')) }} as is_deploy_due
    from incidents
    left join entries on entries.incident_key = incidents.incident_key
    left join postmortems on postmortems.incident_id = incidents.incident_key
    left join pulls on lower(pulls.change_ref) = lower(entries.change_ref)
    left join declared on lower(declared.object_key) = lower(entries.change_ref)
),

linked as (
    select
        *,
        -- Without code to change, the vendor's notice or the ticket is what it is linked to.
        coalesce(is_pull_request, false) or (change_ref is not null and evidence_uri is not null) as is_linked
    from stated
),

judged as (
    select
        *,
        {{ codes([
            ('NO_REMEDIATION', '(entry_at is null or root_cause is null) and is_due'),
            ('FIX_NOT_LINKED', 'entry_at is not null and not is_linked and is_due'),
            ('FIX_NOT_DEPLOYED', 'is_found and deployed_at is null and is_deploy_due'),
            ('FIX_NON_COMPLIANT', 'is_non_compliant'),
        ]) }} as codes,
        entry_at is null or root_cause is null or not is_linked or (is_found and deployed_at is null) as is_open
    from linked
)

select
    incident_key as entity_key,
    coalesce(title, incident_key) as entity_name,
    commander_key as owner_key,
    {{ row_result(
        unknown='coalesce(is_pull_request, false) and not is_found',
        pending='is_open and ' ~ is_empty_list('codes')
    ) }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NO_REMEDIATION'") ~ " then 'No remediation with a root cause is recorded' end",
                "case when " ~ includes('codes', "'FIX_NOT_LINKED'") ~ " then 'No change, ticket or notice is named' end",
                "case when " ~ includes('codes', "'FIX_NOT_DEPLOYED'") ~ " then 'The fix ' || change_ref || ' is not in production' end",
                "case when " ~ includes('codes', "'FIX_NON_COMPLIANT'") ~ " then 'The fix ' || change_ref || ' was merged without independent approval, and is no declared emergency' end",
            ]) }} || '.'
        when coalesce(is_pull_request, false) and not is_found then 'No pull request ' || change_ref || ' is known.'
        when is_open then 'The fix may still be recorded or deployed.'
        else 'Fixed by ' || change_ref || '.'
    end as reason,
    incident_key as incident_id,
    root_cause,
    change_ref,
    deployed_at
from judged
