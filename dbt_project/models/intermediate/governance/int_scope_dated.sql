-- The category rows in force on the day judged, for each engagement: its own row, else the one for all engagements; of
-- those the newest that has taken effect.
select
    engagements.engagement_id,
    scope.category,
    scope.in_scope,
    scope.rationale,
    scope.approved_by,
    scope.approved_at,
    scope.effective_from,
    scope.commit_sha
from ({{ newest(ref('stg_registers__scope')) }}) as scope
inner join {{ ref('int_engagements_dated') }} as engagements
    on coalesce(scope.engagement_id, engagements.engagement_id) = engagements.engagement_id
where coalesce(scope.effective_from <= {{ as_of_day() }}, true)
qualify row_number() over (
    partition by engagements.engagement_id, scope.category
    order by case when scope.engagement_id is null then 1 else 0 end, scope.effective_from desc nulls last
) = 1
