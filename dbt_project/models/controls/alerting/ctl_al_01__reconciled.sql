with judged as (select * from {{ ref('ctl_al_01__alert_rules_are_deployed') }})

select
    'declared_rules_judged' as check_name,
    'registers.alert_rules' as scope,
    count(*) as expected,
    count(judged.rule_id) as actual,
    count(*) = count(judged.rule_id) and count(*) > 0 as passed,
    'rules of the register against rows' as detail
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
