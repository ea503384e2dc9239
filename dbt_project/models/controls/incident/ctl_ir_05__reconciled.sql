{%- set ir_05 = 'ctl_ir_05__incidents_are_contained' %}
{{ incidents_reconciled(
    ir_05,
    severity_in('highest_severity', parameter_of(ir_05, 'severities')) ~ ' or ' ~ any_shared('facts', text_list(parameter_of(ir_05, 'facts'))),
    'incidents of the severities, or with a fact, that ask for containment'
) }}
