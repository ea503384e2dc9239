{%- set systems = {'idp_disabled': 'okta', 'cloud_access_removed': 'aws_iam', 'keys_revoked': 'aws_iam_key', 'source_control_removed': 'github'} -%}

with accesses as (select * from {{ ref('fct_offboarding_access') }}),

spells as (
    select
        spell_id,
        person_key,
        end_date,
        end_effective_at,
        max(case when is_continuous then 1 else 0 end) = 1 as is_continuous
    from accesses
    group by spell_id, person_key, end_date, end_effective_at
),

-- People are told by number, never by address: a new hire may have a leaver's.
ticked as (
    select
        refs.person_key,
        checklists.end_date,
        checklists.item,
        checklists.completed_at,
        checklists.completed_by,
        checklists.ticket_id,
        nullif(trim(checklists.not_applicable_reason), '') is not null as is_not_applicable
    from ({{ newest(ref('stg_registers__termination_checklists')) }}) as checklists
    inner join {{ ref('int_person_refs') }} as refs on refs.ref = checklists.person_id
),

required as (
    select
        spells.spell_id,
        item.item,
        case
            when {{ item_in('item.item', param('access_items')) }}
                then {{ plus_hours('spells.end_effective_at', param('access_items_deadline_hours')) }}
            else {{ plus_days('spells.end_effective_at', param('other_items_deadline_days')) }}
        end as deadline_at,
        case item.item {% for item, system in systems.items() %}when '{{ item }}' then '{{ system }}' {% endfor %}end as source_id
    from spells
    cross join {{ each_item(param('required_items')) }} as item(item)
),

items as (
    select
        required.*,
        ticked.item is not null as is_listed,
        ticked.completed_at,
        ticked.completed_by,
        ticked.ticket_id,
        coalesce(ticked.is_not_applicable, false) as is_not_applicable
    from required
    inner join spells on spells.spell_id = required.spell_id
    left join ticked
        on ticked.person_key = spells.person_key
        and ticked.end_date = spells.end_date
        and ticked.item = required.item
    qualify row_number() over (partition by required.spell_id, required.item order by ticked.completed_at nulls last) = 1
),

-- What the systems say of the moment at which the item was ticked. Two listings bracket a removal without event.
compared as (
    select
        items.spell_id,
        items.item,
        items.is_not_applicable
            or accesses.deprovisioned_at > items.completed_at and accesses.time_precision = 'event'
            or coalesce(accesses.last_seen_enabled_at > items.completed_at, false)
            or (accesses.deprovisioned_at is null and accesses.is_enabled_at_horizon)
            or (coalesce(accesses.reactivated_at <= items.completed_at, false) and accesses.is_enabled_at_horizon)
            or (accesses.reactivated_at is null and coalesce(accesses.used_after_deadline_at > items.completed_at, false))
            as is_contradicted,
        accesses.is_unobserved
            or (accesses.time_precision = 'bracket' and accesses.deprovisioned_at > items.completed_at)
            as is_open
    from items
    inner join accesses on accesses.spell_id = items.spell_id and accesses.source_id = items.source_id
    where items.completed_at is not null or items.is_not_applicable
),

contradictions as (
    select
        spell_id,
        item,
        max(case when is_contradicted then 1 else 0 end) = 1 as is_contradicted,
        max(case when is_open then 1 else 0 end) = 1 as is_open
    from compared
    group by spell_id, item
),

weighed as (
    select
        items.*,
        not items.is_not_applicable
            and (
                coalesce(items.completed_at > items.deadline_at, false)
                or (items.completed_at is null and items.deadline_at < {{ as_of() }})
            ) as is_incomplete,
        not items.is_not_applicable and items.completed_at is null as is_to_do,
        coalesce(contradictions.is_contradicted, false) as is_contradicted,
        coalesce(contradictions.is_open, false) as is_open
    from items
    left join contradictions on contradictions.spell_id = items.spell_id and contradictions.item = items.item
),

summary as (
    select
        spell_id,
        max(case when is_listed then 1 else 0 end) = 1 as has_checklist,
        max(case when is_to_do then 1 else 0 end) = 1 as is_to_do,
        min(deadline_at) as first_deadline_at,
        {{ sorted_set('case when is_incomplete then item end') }} as incomplete_items,
        {{ sorted_set('case when is_contradicted then item end') }} as contradicted_items,
        {{ sorted_set('case when is_open and not is_contradicted then item end') }} as open_items,
        {{ sorted_set("case when completed_at is not null then item || ' ' || cast(completed_at as varchar) || ' ' || coalesce(completed_by, 'nobody') end") }}
            as completed_items,
        max(completed_at) as completed_at,
        {{ sorted_set('completed_by') }} as completed_by,
        {{ sorted_set('ticket_id') }} as ticket_ids
    from weighed
    group by spell_id
),

judged as (
    select
        spells.*,
        summary.* exclude (spell_id),
        people.display_name,
        people.manager_key,
        {{ codes([
            ('CHECKLIST_MISSING', "not spells.is_continuous and not summary.has_checklist and summary.first_deadline_at < " ~ as_of()),
            ('ITEM_INCOMPLETE', "not spells.is_continuous and summary.has_checklist and not " ~ is_empty_list('summary.incomplete_items')),
            ('CHECKLIST_CONTRADICTS_SYSTEM', "not spells.is_continuous and not " ~ is_empty_list('summary.contradicted_items')),
        ]) }} as codes
    from spells
    inner join summary on summary.spell_id = spells.spell_id
    left join {{ ref('dim_person') }} as people on people.person_key = spells.person_key
),

resulted as (
    select
        *,
        {{ is_empty_list('codes') }} and is_to_do as is_pending
    from judged
)

select
    spell_id as entity_key,
    coalesce(display_name, person_key) || ', last day ' || cast(end_date as varchar) as entity_name,
    manager_key as owner_key,
    {{ row_result(unknown="not " ~ is_empty_list('open_items'), pending='is_pending', excluded='is_continuous') }} as result,
    codes,
    case
        when is_continuous then 'Another employment or contract of the same person follows without a gap: continuous service.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'CHECKLIST_MISSING'") ~ " then 'There is no checklist' end",
                "case when " ~ includes('codes', "'ITEM_INCOMPLETE'") ~ " then 'Not done by the deadline: ' || " ~ listed('incomplete_items') ~ " end",
                "case when " ~ includes('codes', "'CHECKLIST_CONTRADICTS_SYSTEM'") ~ " then 'Ticked although the access was still there: ' || " ~ listed('contradicted_items') ~ " end",
            ]) }} || '.'
        when is_pending then 'The deadline of open items is not reached yet.'
        when not {{ is_empty_list('open_items') }}
            then 'Whether the access was gone when it was ticked is not known: ' || {{ listed('open_items') }} || '.'
        else 'Every item was done in time, and no system says otherwise.'
    end as reason,
    spell_id,
    person_key,
    end_effective_at,
    completed_items as items,
    incomplete_items,
    contradicted_items,
    completed_at,
    completed_by,
    ticket_ids
from resulted
