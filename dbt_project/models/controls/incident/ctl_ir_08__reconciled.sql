{%- set control = 'ctl_ir_08__postmortems_are_written' %}
{{ incidents_reconciled(
    control,
    severity_in('highest_severity', parameter_of(control, 'severities')) ~ ' and resolved_at is not null',
    'resolved incidents of the severities that ask for it'
) }}
