{%- set control = 'ctl_ac_14__leavers_lose_access' -%}
{%- set day_end = parameter_of(control, 'date_only_end_time') -%}
{%- set default_tz = parameter_of(control, 'default_tz') -%}

with people as (select * from {{ ref('int_people_merged') }}),

contracts as ({{ newest(ref('stg_registers__contractors')) }}),

ended as (
    select
        record_key,
        start_date,
        end_date,
        '{{ day_end }}' as end_time,
        cast(null as varchar) as tz,
        notified_at,
        end_reason
    from {{ ref('int_hris_spells_built') }}

    union all

    select
        'contractor:' || person_id as record_key,
        start_date,
        end_date,
        coalesce(cast(end_time as varchar), '{{ day_end }}') as end_time,
        tz,
        notified_at,
        'contract ended' as end_reason
    from contracts
    where start_date is not null
),

zoned as (
    select
        ended.record_key || ':' || cast(ended.start_date as varchar) as spell_id,
        people.person_key,
        ended.start_date,
        ended.end_date,
        cast(cast(ended.end_date as varchar) || ' ' || ended.end_time as timestamp) as local_end_at,
        {{ known_zone("coalesce(ended.tz, people.location_tz, '" ~ default_tz ~ "')", "'" ~ default_tz ~ "'") }} as tz,
        ended.notified_at,
        ended.end_reason
    from ended
    inner join people on people.record_key = ended.record_key
),

{#- The spell that goes on after this one: the first to start among those that outlast it. #}
followed as (
    select
        zoned.spell_id,
        following.spell_id as next_spell_id
    from zoned
    inner join zoned as following
        on following.person_key = zoned.person_key
        and following.spell_id <> zoned.spell_id
        and zoned.end_date is not null
        and (following.end_date is null or following.end_date > zoned.end_date)
    qualify row_number() over (partition by zoned.spell_id order by following.start_date, following.spell_id) = 1
)

select
    zoned.spell_id,
    zoned.person_key,
    zoned.start_date,
    zoned.end_date,
    {{ local_to_utc('zoned.local_end_at', 'zoned.tz') }} as end_effective_at,
    case when zoned.end_date is not null then zoned.notified_at end as hr_notified_at,
    case when zoned.end_date is not null then zoned.end_reason end as end_reason,
    followed.next_spell_id,
    {{ local_to_utc('cast(zoned.start_date as timestamp)', 'zoned.tz') }} as start_effective_at
from zoned
left join followed on followed.spell_id = zoned.spell_id
