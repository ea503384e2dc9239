with handbook as (
    select
        row_id,
        section,
        content,
        {{ compact("string_split(planned_controls, ';')") }} as planned_controls,
        {{ compact("string_split(artefacts, ';')") }} as artefacts
    from {{ ref('handbook_rows') }}
),

answers as (
    select
        handbook.row_id,
        {{ compact(ordered_list('controls.control_id', 'controls.control_id')) }} as control_ids
    from handbook
    left join {{ ref('dim_control') }} as controls on {{ includes('controls.handbook_rows', 'handbook.row_id') }}
    group by handbook.row_id
),

planned as (
    select
        handbook.row_id,
        item.control_id
    from handbook
    cross join {{ each_item('handbook.planned_controls') }} as item(control_id)
),

missing as (
    select
        planned.row_id,
        {{ ordered_list('planned.control_id', 'planned.control_id') }} as missing_controls
    from planned
    where not exists (
        select 1 from {{ ref('dim_control') }} as controls where controls.control_id = planned.control_id
    )
    group by planned.row_id
)

select
    handbook.row_id,
    handbook.section,
    handbook.content,
    handbook.planned_controls,
    handbook.artefacts,
    answers.control_ids,
    {{ compact('missing.missing_controls') }} as missing_controls,
    case
        when {{ is_empty_list('answers.control_ids') }}
            then case when missing.row_id is null then 'document' else 'untested' end
        when missing.row_id is null then 'tested'
        else 'in part'
    end as state
from handbook
inner join answers on answers.row_id = handbook.row_id
left join missing on missing.row_id = handbook.row_id
