{%- set control = 'ctl_al_02__failed_logins_raise_alerts' -%}
{%- set threshold = parameter_of(control, 'threshold') or 5 -%}
{%- set window_seconds = parameter_of(control, 'window_seconds') or 300 -%}
-- One person's failures count over all systems; a name that is nobody's counts as it was typed.
with failures as (
    select
        failed.event_id,
        failed.occurred_at,
        failed.login,
        people.person_key,
        coalesce(people.person_key, 'login ' || failed.login)
        {%- if not parameter_of(control, 'cross_system') %} || '|' || failed.source_id{% endif %} as user_key
    from {{ ref('int_sign_ins_failed') }} as failed
    cross join {{ ref('dim_engagement') }} as engagement
    left join {{ ref('int_logins_resolved') }} as people on people.login = failed.login
    where failed.occurred_at <= {{ as_of() }}
        and failed.occurred_at >= cast(engagement.window_start as timestamp)
        {%- if not parameter_of(control, 'count_mfa_denials') %}
        and not failed.is_second_factor
        {%- endif %}
)

{{ burst_episodes('failures', threshold, window_seconds, window_seconds, kept=['login', 'person_key']) }}
