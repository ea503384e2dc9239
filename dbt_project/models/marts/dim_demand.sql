select
    listed.demand_id,
    listed.theme,
    listed.topic,
    {{ compact("string_split(listed.scanner_checks, ';')") }} as scanner_checks,
    {{ compact(ordered_list('answers.control_id', 'answers.control_id')) }} as control_ids,
    listed.out_of_scope_reason
from {{ ref('scanner_demands') }} as listed
left join {{ source('meta', 'control_demands') }} as answers on answers.demand_id = listed.demand_id
group by all
