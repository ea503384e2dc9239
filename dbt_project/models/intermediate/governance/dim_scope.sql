with categories as (
    {{ newest(ref('stg_registers__scope')) }}
)

select
    engagement.engagement_id,
    categories.category,
    categories.in_scope,
    categories.rationale
from categories
cross join {{ ref('dim_engagement') }} as engagement
