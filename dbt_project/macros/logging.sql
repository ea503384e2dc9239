{#- What the logging models need of the engine. -#}

{#-
  Whether event selectors of a trail keep every management event; null when there are none to judge. Basic and advanced
  selectors are JSON arrays, with the API's names, or with `lower_first` as CloudTrail writes the names of a request.
-#}
{% macro keeps_management_events(basic, advanced, lower_first=false) -%}
{%- set ns = namespace(names={}) -%}
{%- for name in ['ReadWriteType', 'IncludeManagementEvents', 'ExcludeManagementEventSources', 'FieldSelectors', 'Field', 'Equals'] -%}
  {%- do ns.names.update({name: (name[0] | lower) ~ name[1:] if lower_first else name}) -%}
{%- endfor -%}
{%- set names = ns.names -%}
case
    when coalesce(len(cast({{ basic }} as json[])), 0) + coalesce(len(cast({{ advanced }} as json[])), 0) = 0 then null
    else coalesce(len(list_filter(cast({{ basic }} as json[]), item ->
            coalesce(json_extract_string(item, '$.{{ names.ReadWriteType }}'), 'All') = 'All'
            and coalesce(json_extract_string(item, '$.{{ names.IncludeManagementEvents }}'), 'true') = 'true'
            and coalesce(json_array_length(item, '$.{{ names.ExcludeManagementEventSources }}'), 0) = 0
        )), 0)
        + coalesce(len(list_filter(cast({{ advanced }} as json[]), item ->
            json_array_length(item, '$.{{ names.FieldSelectors }}') = 1
            and json_extract_string(item, '$.{{ names.FieldSelectors }}[0].{{ names.Field }}') = 'eventCategory'
            and json_extract_string(item, '$.{{ names.FieldSelectors }}[0].{{ names.Equals }}[0]') = 'Management'
        )), 0) > 0
end
{%- endmacro %}
