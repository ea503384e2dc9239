with judged as (
    select
        *,
        {{ codes([
            ('RUN_NOT_VALIDATED', "state = 'success' and not is_validated"),
            ('COUNT_MISMATCH', 'records_in <> records_ok + records_rejected'),
            ('REJECT_OPEN', plus_business_days('validated_at', param('reject_sla_days')) ~ ' < rejects_last_resolved_at'),
            ('SUITE_DISABLED', 'is_validated and (rules_evaluated = 0 or rules_skipped > 0 or not success)'),
        ]) }} as codes,
        coalesce(state, '') not in ('success', 'failed', 'skipped', 'running')
        or is_validated and (
            records_in is null or records_ok is null or records_rejected is null or validated_at is null
            or rules_evaluated is null or rules_skipped is null or success is null
            or records_rejected <> rejects_listed
            or (records_in = 0 and minimum_records > 0)
        ) as is_unknown,
        state = 'running'
        or (not is_validated and {{ plus_hours('coalesce(ended_at, started_at)', param('validation_hours')) }} >= {{ as_of() }}) as is_pending,
        state in ('failed', 'skipped') as is_excluded
    from {{ ref('fct_validation_run') }}
)

select
    pipeline_id || '|' || run_id as entity_key,
    pipeline_name || ', run ' || run_id as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='coalesce(is_pending, false)', excluded='coalesce(is_excluded, false)') }} as result,
    codes,
    case
        when is_excluded then 'The run ' || state || ': it accepted nothing. PI-03 judges how that was handled.'
        when is_pending then 'The run is not over, or ended too short a time ago to be validated.'
        when {{ joined('codes') }} <> ''
            then {{ joined(present([
                "case when " ~ item_in("'RUN_NOT_VALIDATED'", 'codes') ~ " then 'There is no result of a validation.' end",
                "case when " ~ item_in("'COUNT_MISMATCH'", 'codes') ~ " then cast(records_in as varchar) || ' records were read, ' || cast(records_ok as varchar) || ' accepted and ' || cast(records_rejected as varchar) || ' rejected.' end",
                "case when " ~ item_in("'REJECT_OPEN'", 'codes') ~ " then cast(rejects_listed as varchar) || ' rejected, ' || cast(rejects_open as varchar) || ' still open; the last was not resolved in time.' end",
                "case when " ~ item_in("'SUITE_DISABLED'", 'codes') ~ " then 'The validation evaluated ' || coalesce(cast(rules_evaluated as varchar), 'an unknown number of') || ' rules and left out ' || coalesce(cast(rules_skipped as varchar), 'an unknown number') || '.' end",
            ]), ' ') }}
        when is_unknown and not is_validated then 'Nothing says how the run ended.'
        when is_unknown and records_in = 0 then 'Nothing was read, where at least ' || cast(minimum_records as varchar) || ' records are ordinary.'
        when is_unknown and records_rejected <> rejects_listed
            then cast(records_rejected as varchar) || ' records were rejected and ' || cast(rejects_listed as varchar) || ' are listed.'
        when is_unknown then 'The result of the validation has no counts, no time or no outcome.'
        else cast(records_in as varchar) || ' records, ' || cast(records_rejected as varchar) || ' rejected and resolved in time or still within it.'
    end as reason,
    pipeline_id,
    run_id,
    state,
    ended_at,
    validated_at,
    records_in,
    records_ok,
    records_rejected,
    suite_version,
    rules_evaluated,
    rules_skipped,
    rejects_open
from judged
