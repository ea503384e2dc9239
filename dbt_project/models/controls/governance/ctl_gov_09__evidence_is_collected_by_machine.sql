-- How each table that a control needs was collected of late: by an API, from a register under version control, or landed
-- by hand (`soc2 land`). What an approved row of the systems register declares unused is left out.
with needed as (
    select
        source_id,
        count(*) as pairs,
        {{ distinct_texts('control_id') }} as control_ids,
        max(case when in_use then 1 else 0 end) = 1 as is_in_use
    from {{ ref('int_control_sources') }}
    group by source_id
),

collected as (
    select
        source_id,
        {{ distinct_texts('collection_method') }} as methods,
        max(finished_at) as finished_at,
        count(case when collection_method = 'file' then 1 end) > 0 as is_manual
    from {{ ref('meta_extract_run') }}
    where is_selected
        and logical_date <= {{ as_of_day() }}
        and logical_date > {{ date_plus(as_of_day(), '-' ~ param('trailing_days')) }}
    group by source_id
),

newest as (
    select source_id, run_id
    from {{ ref('meta_extract_run') }}
    where is_selected and logical_date <= {{ as_of_day() }}
    qualify row_number() over (partition by source_id order by logical_date desc, run_id) = 1
),

listed as (
    select
        needed.*,
        collected.methods,
        collected.finished_at,
        collected.is_manual,
        newest.run_id as last_run_id
    from needed
    left join collected on collected.source_id = needed.source_id
    left join newest on newest.source_id = needed.source_id
),

shares as (
    select
        sum(case when not is_manual then pairs else 0 end) as automated_pairs,
        sum(case when is_manual is not null then pairs else 0 end) as known_pairs,
        sum(pairs) as all_pairs
    from listed
    where is_in_use
),

judged as (
    select
        source_id as entity_key,
        source_id as entity_name,
        {{ codes([('MANUAL_EVIDENCE', 'is_manual')]) }} as codes,
        is_in_use and is_manual is null as is_unclear,
        not is_in_use as is_left_out,
        source_id,
        methods as collection_method,
        control_ids,
        last_run_id,
        cast(null as double) as automated_share
    from listed

    union all

    select
        'share',
        'Share of automated evidence',
        {{ codes([('SHARE_BELOW_TARGET', 'automated_pairs < ' ~ param('min_automated_share') ~ ' * known_pairs')]) }},
        coalesce(known_pairs = 0, true),
        false,
        cast(null as varchar),
        cast(null as varchar[]),
        cast(null as varchar[]),
        cast(null as varchar),
        automated_pairs / nullif(known_pairs, 0)
    from shares
)

select
    entity_key,
    entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unclear', excluded='is_left_out') }} as result,
    codes,
    case
        when is_left_out then 'Declared not in use.'
        when is_unclear then 'Nothing was collected of it in the days looked at.'
        when source_id is null then cast(round(100 * automated_share, 1) as varchar) || ' % of what controls need comes from an API or a register.'
        when {{ item_in("'MANUAL_EVIDENCE'", 'codes') }} then 'Landed from a file that something else wrote; ' || cast({{ list_count('control_ids') }} as varchar) || ' controls need it.'
        else 'Collected by ' || {{ joined('collection_method') }} || '.'
    end as reason,
    source_id,
    collection_method,
    control_ids,
    last_run_id,
    automated_share
from judged
