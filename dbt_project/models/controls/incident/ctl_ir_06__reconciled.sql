{%- set control = 'ctl_ir_06__causes_are_fixed' %}
{{ incidents_reconciled(
    control,
    severity_in('highest_severity', parameter_of(control, 'severities')) ~ ' and resolved_at is not null',
    'resolved incidents of the severities that ask for it'
) }}
