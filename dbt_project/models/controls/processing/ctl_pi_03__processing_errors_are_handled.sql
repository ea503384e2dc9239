with facts as (
    select
        *,
        {{ plus_hours('ended_at', param('handle_hours')) }} as handle_by
    from {{ ref('fct_processing_run') }}
),

judged as (
    select
        *,
        {{ codes([
            ('RUN_MISSING', 'run_id is null'),
            ('FAILURE_UNHANDLED', "state = 'failed' and (handled_at > handle_by or (handled_at is null and handle_by < " ~ as_of() ~ "))"),
            ('TRAIL_INCOMPLETE', "(state in ('success', 'failed') and (started_at is null or ended_at is null or input_hash is null)) or (state = 'success' and output_hash is null) or (state = 'failed' and error is null) or (state = 'skipped' and error is null)"),
        ]) }} as codes,
        run_id is not null
        and (
            coalesce(state, '') not in ('success', 'failed', 'skipped', 'running')
            or (state = 'running' and {{ plus_hours('started_at', param('longest_run_hours')) }} < {{ as_of() }})
        ) as is_unknown,
        (run_id is null and {{ plus_hours('scheduled_for', param('start_hours')) }} >= {{ as_of() }})
        or (state = 'running' and {{ plus_hours('started_at', param('longest_run_hours')) }} >= {{ as_of() }})
        or (state = 'failed' and handled_at is null and handle_by >= {{ as_of() }}) as is_pending
    from facts
)

select
    pipeline_id || '|' || run_key as entity_key,
    pipeline_name || ', ' || coalesce('run ' || run_id, 'scheduled for ' || cast(scheduled_for as varchar)) as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='coalesce(is_pending, false)') }} as result,
    codes,
    case
        when is_pending and run_id is null then 'It should have started at ' || cast(scheduled_for as varchar) || ' UTC and may still do so.'
        when is_pending and state = 'failed' then 'It failed; it is to be handled until ' || cast(handle_by as varchar) || ' UTC.'
        when is_pending then 'It is running.'
        when {{ joined('codes') }} <> ''
            then {{ joined(present([
                "case when " ~ item_in("'RUN_MISSING'", 'codes') ~ " then 'No run, scheduled for ' || cast(scheduled_for as varchar) || ' UTC.' end",
                "case when " ~ item_in("'FAILURE_UNHANDLED'", 'codes') ~ " then 'It failed and was ' || coalesce('handled at ' || cast(handled_at as varchar) || ' UTC', 'not handled') || ', due at ' || cast(handle_by as varchar) || ' UTC.' end",
                "case when " ~ item_in("'TRAIL_INCOMPLETE'", 'codes') ~ " then 'Its trail has gaps: without ' || " ~ joined(present([
                    "case when started_at is null then 'start' end",
                    "case when ended_at is null then 'end' end",
                    "case when input_hash is null and state <> 'skipped' then 'hash of the input' end",
                    "case when output_hash is null and state = 'success' then 'hash of the output' end",
                    "case when error is null and state <> 'success' then 'reason' end",
                ])) ~ " || '.' end",
            ]), ' ') }}
        when is_unknown then 'Nothing says how it ended: its state is ' || coalesce(state, 'not recorded') || '.'
        when state = 'failed' then 'It failed and was handled at ' || cast(handled_at as varchar) || ' UTC.'
        when state = 'skipped' then 'Skipped: ' || error || '.'
        else 'It ended well' || case when retries > 0 then ' after ' || cast(retries as varchar) || ' more attempts' else '' end || '.'
    end as reason,
    pipeline_id,
    run_id,
    scheduled_for,
    started_at,
    ended_at,
    state,
    error,
    handled_by,
    handled_at,
    input_hash,
    output_hash
from judged
