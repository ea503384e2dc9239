with judged as (select * from {{ ref('ctl_al_01__alert_rules_are_deployed') }})

{{ counts_agree('declared_rules_judged', 'registers.alert_rules', 'count(*)', 'count(judged.rule_id)', 'rules of the register against rows', some=true) }}
from ({{ newest(ref('stg_registers__alert_rules')) }}) as register
left join judged on judged.rule_id = register.rule_id

union all

select
    'handbook_rules_judged',
    'handbook',
    3,
    count(*),
    count(*) = 3,
    'the three rules of the handbook against rows'
from judged
where rule_id in ('failed_login', 'pii_access', 'deploy_hours')
