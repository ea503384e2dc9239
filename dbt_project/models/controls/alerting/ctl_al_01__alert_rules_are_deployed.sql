-- The handbook's rules, whether or not the register has them, and whatever else the register declares.
with handbook as (
    {%- for line in param_value('handbook_rules') or [] %}
    {%- set field = line.split('|') %}
    select
        '{{ field[0] }}' as rule_id,
        nullif('{{ field[1] }}', '') as operator,
        cast(nullif('{{ field[2] }}', '') as bigint) as threshold,
        cast(nullif('{{ field[3] }}', '') as bigint) as window_seconds,
        nullif('{{ field[4] }}', '') as group_by,
        nullif('{{ field[5] }}', '') as schedule,
        '{{ field[6] }}' as severity,
        cast({{ text_list(field[7].split(';')) }} as varchar[]) as actions,
        '{{ field[8] }}' as criterion
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

register as (
    {{ newest(ref('stg_registers__alert_rules')) }}
),

required as (
    select
        coalesce(handbook.rule_id, register.rule_id) as rule_id,
        coalesce(register.name, handbook.rule_id) as name,
        handbook.rule_id is not null as is_handbook,
        register.rule_id is not null as is_declared,
        case when handbook.rule_id is null then register.operator else handbook.operator end as operator,
        case when handbook.rule_id is null then register.threshold else handbook.threshold end as threshold,
        case when handbook.rule_id is null then register.window_seconds else handbook.window_seconds end as window_seconds,
        case when handbook.rule_id is null then register.group_by else handbook.group_by end as group_by,
        case when handbook.rule_id is null then register.schedule else handbook.schedule end as schedule,
        lower(coalesce(handbook.severity, register.severity)) as severity,
        coalesce(handbook.actions, register.action) as actions,
        coalesce(handbook.criterion, register.soc2_control) as criterion,
        {{ sentence_of([
            "case when handbook.operator is distinct from register.operator then 'operator' end",
            "case when handbook.threshold is distinct from register.threshold then 'threshold' end",
            "case when handbook.window_seconds is distinct from register.window_seconds then 'window' end",
            "case when handbook.group_by is distinct from register.group_by then 'grouping' end",
            "case when handbook.schedule is distinct from register.schedule then 'schedule' end",
            "case when handbook.severity is distinct from lower(register.severity) then 'severity' end",
            "case when not " ~ same_items('handbook.actions', 'register.action') ~ " then 'action' end",
            "case when handbook.criterion is distinct from register.soc2_control then 'criterion' end",
        ], ', ') }} as declaration_drift
    from handbook
    full outer join register on register.rule_id = handbook.rule_id
),

compared as (
    select
        required.*,
        rules.rule_id is not null as is_deployed,
        rules.is_enabled,
        rules.updated_at,
        rules.updated_by,
        rules.change_ref,
        rules.is_change_unknown,
        rules.is_change_reviewed,
        coalesce(rules.updated_at >= cast(engagement.window_start as timestamp), rules.rule_id is not null) as is_changed_in_window,
        {{ sentence_of([
            "case when rules.operator is distinct from required.operator then 'operator ' || coalesce(rules.operator, 'none') || ' instead of ' || coalesce(required.operator, 'none') end",
            "case when rules.threshold is distinct from required.threshold then 'threshold ' || coalesce(cast(rules.threshold as varchar), 'none') || ' instead of ' || coalesce(cast(required.threshold as varchar), 'none') end",
            "case when rules.window_seconds is distinct from required.window_seconds then 'window of ' || coalesce(cast(rules.window_seconds as varchar), 'no') || ' instead of ' || coalesce(cast(required.window_seconds as varchar), 'no') || ' seconds' end",
            "case when required.window_seconds is not null and rules.window_type is distinct from 'sliding' then 'window is ' || coalesce(rules.window_type, 'not said to be sliding') end",
            "case when rules.group_by is distinct from required.group_by then 'grouped by ' || coalesce(rules.group_by, 'nothing') || ' instead of ' || coalesce(required.group_by, 'nothing') end",
            "case when rules.schedule is distinct from required.schedule then 'hours ' || coalesce(rules.schedule, 'none') || ' instead of ' || coalesce(required.schedule, 'none') end",
            "case when rules.severity is distinct from required.severity then 'severity ' || coalesce(rules.severity, 'none') || ' instead of ' || coalesce(required.severity, 'none') end",
            "case when not " ~ same_items('rules.actions', 'required.actions') ~ " then 'actions ' || coalesce(" ~ listed('rules.actions') ~ ", 'none') || ' instead of ' || coalesce(" ~ listed('required.actions') ~ ", 'none') end",
        ], ', ') }} as deployment_drift
    from required
    cross join {{ ref('dim_engagement') }} as engagement
    left join {{ ref('dim_siem_rule') }} as rules on rules.rule_id = required.rule_id
),

judged as (
    select
        *,
        {{ sentence_of([
            "case when is_handbook and not is_declared then 'the register does not declare it' end",
            "case when is_handbook and is_declared and declaration_drift <> '' then 'the register differs from the handbook in ' || declaration_drift end",
            "case when is_deployed and deployment_drift <> '' then deployment_drift end",
        ]) }} as drift,
        {{ codes([
            ('RULE_MISSING', 'not is_deployed'),
            ('RULE_DISABLED', 'is_deployed and not is_enabled'),
            ('RULE_DRIFT', "(is_deployed and deployment_drift <> '') or (is_handbook and (not is_declared or declaration_drift <> ''))"),
            ('RULE_CHANGED_UNREVIEWED', 'is_changed_in_window and not is_change_reviewed and not is_change_unknown'),
        ]) }} as codes
    from compared
)

select
    rule_id as entity_key,
    name as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_deployed and (is_enabled is null or (is_changed_in_window and is_change_unknown))') }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when not is_deployed then 'The SIEM does not have it' end",
                "case when is_deployed and not is_enabled then 'It is disabled' end",
                "case when drift <> '' then 'It is another rule than required: ' || drift end",
                "case when " ~ includes('codes', "'RULE_CHANGED_UNREVIEWED'") ~ " then 'It was changed at ' || " ~ instant_text('updated_at') ~ " || ' without a reviewed pull request' end",
            ]) }} || '.'
        when is_enabled is null then 'The export does not say whether it is enabled.'
        when is_changed_in_window and is_change_unknown then 'It was changed by ' || change_ref || ', which is no pull request that is known.'
        else 'Deployed as required' || case when is_changed_in_window then ', by the reviewed ' || change_ref else '' end || '.'
    end as reason,
    rule_id,
    criterion,
    nullif(drift, '') as drift,
    operator,
    threshold,
    window_seconds,
    is_enabled,
    updated_at,
    updated_by,
    change_ref
from judged
