-- Parameters that a version of a control moved, whether that let more pass, and who approved it. The direction is the
-- one that the control declares today.
{%- set control = 'ctl_ev_07__changes_are_reviewed' %}
with versions as (
    select *
    from {{ ref('int_control_versions') }}
    where parameters is not null
        and parameters_before is not null
        and params_sha is distinct from params_sha_before
),

valued as (
    select
        versions.control_id,
        versions.first_run_id,
        versions.first_started_at,
        versions.code_sha is distinct from versions.code_sha_before as is_code_changed,
        versions.commit_sha,
        item.name,
        {{ json_named('versions.parameters_before', 'item.name') }} as old_json,
        {{ json_named('versions.parameters', 'item.name') }} as new_json
    from versions
    cross join {{ each_item(json_names('versions.parameters')) }} as item (name)
),

written as (
    select
        valued.*,
        {{ json_written('valued.old_json') }} as old_value,
        {{ json_written('valued.new_json') }} as new_value,
        {{ number_of(json_written('valued.old_json')) }} as old_number,
        {{ number_of(json_written('valued.new_json')) }} as new_number,
        {{ json_texts('valued.old_json', '$') }} as old_items,
        {{ json_texts('valued.new_json', '$') }} as new_items,
        controls.owner as control_owner,
        {{ json_text_at('controls.parameters', "'\"' || valued.name || '\".looser'") }} as looser
    from valued
    left join {{ source('meta', 'controls') }} as controls on valued.control_id = controls.control_id
    -- A parameter that is new, or gone, moved nowhere: the code that brought or left it is what was reviewed.
    where valued.old_json is not null
),

moved as (
    select
        *,
        case
            when looser = 'either' then true
            when looser = 'higher' then new_number > old_number
            when looser = 'lower' then new_number < old_number
            when looser = 'longer' then {{ list_count(items_without('new_items', 'old_items')) }} > 0
            when looser = 'shorter' then {{ list_count(items_without('old_items', 'new_items')) }} > 0
            when looser in ('true', 'false') then new_value = looser
        end as is_looser
    from written
    -- 30 and 30.0 are one figure, and the same items in another order one list, unless the order is what counts.
    where old_json <> new_json and coalesce(old_number <> new_number, true)
),

-- Who answers for the controls of an owner, by the parameter of EV-07.
owners as (
    select
        trim({{ part('item.value', '=', 1) }}) as control_owner,
        people.person_key
    from (select {{ text_list(parameter_of(control, 'control_owners')) }} as listed) as declared
    cross join {{ each_item('declared.listed') }} as item (value)
    left join {{ ref('int_person_refs') }} as people on trim({{ part('item.value', '=', 2) }}) = people.ref
),

register as (
    select
        approvals.*,
        approvers.person_key as approver_key,
        coalesce(changers.person_key, approvals.changed_by) as changer_key,
        {{ joined(sorted_texts(split_text('approvals.old_value', ';')), ';') }} as old_listed,
        {{ joined(sorted_texts(split_text('approvals.new_value', ';')), ';') }} as new_listed
    from ({{ newest(ref('stg_registers__parameter_approvals')) }}) as approvals
    left join {{ ref('int_person_refs') }} as approvers on approvals.approved_by = approvers.ref
    left join {{ ref('int_person_refs') }} as changers on approvals.changed_by = changers.ref
),

matched as (
    select
        moved.control_id,
        moved.first_run_id,
        moved.name,
        register._seq,
        register.approved_by,
        register.approved_at,
        register.approved_at <= moved.first_started_at as is_in_time,
        register.approver_key is not null and exists (
            select 1
            from owners
            where owners.control_owner = moved.control_owner and owners.person_key = register.approver_key
        ) as is_owner,
        register.approver_key is not null
        and not exists (
            select 1
            from owners
            where owners.control_owner = moved.control_owner and owners.person_key is not null
        ) as is_owner_unknown,
        coalesce(register.approver_key = register.changer_key, false)
        or coalesce(moved.is_code_changed and register.approver_key = pulls.author_key, false) as is_self,
        -- An approval is for one move, the first that follows it: going back and forth wants another.
        row_number() over (
            partition by register._seq, register.approved_at <= moved.first_started_at order by moved.first_started_at
        ) as use_no
    from moved
    inner join register
        on moved.control_id = register.control_id
        and moved.name = register.name
        and (
            coalesce(moved.old_value, '') in (coalesce(register.old_value, ''), register.old_listed)
            or coalesce(moved.old_number = {{ number_of('register.old_value') }}, false)
        )
        and (
            coalesce(moved.new_value, '') in (coalesce(register.new_value, ''), register.new_listed)
            or coalesce(moved.new_number = {{ number_of('register.new_value') }}, false)
        )
    left join {{ ref('int_code_pull_requests') }} as pulls on moved.commit_sha = pulls.commit_sha
),

weighed as (
    select
        *,
        case
            when not is_in_time then 'late'
            when use_no > 1 then 'used'
            when is_self then 'self'
            when is_owner then 'approved'
            when is_owner_unknown then 'owner_unknown'
            else 'not_owner'
        end as approval
    from matched
),

best as (
    select *
    from weighed
    qualify row_number() over (
        partition by control_id, first_run_id, name
        order by case approval when 'approved' then 1 when 'owner_unknown' then 2 else 3 end, approved_at desc, _seq
    ) = 1
)

select
    moved.control_id,
    moved.first_run_id,
    moved.name,
    moved.old_value,
    moved.new_value,
    moved.looser,
    moved.is_looser,
    coalesce(best.approval, 'none') as approval,
    best.approved_by,
    best.approved_at
from moved
left join best using (control_id, first_run_id, name)
