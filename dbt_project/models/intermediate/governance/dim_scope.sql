select
    scope.engagement_id,
    scope.category,
    scope.in_scope,
    scope.rationale
from {{ ref('int_scope_dated') }} as scope
inner join {{ ref('dim_engagement') }} as engagement on engagement.engagement_id = scope.engagement_id
