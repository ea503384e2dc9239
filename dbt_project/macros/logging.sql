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

{#-
  Whether event selectors of a trail keep the reads of all objects of a bucket; null when there are none to judge.
  Management events alone say nothing of objects, and a selector of some prefix is not the bucket.
-#}
{% macro keeps_object_reads(basic, advanced, bucket_arn) -%}
case
    when coalesce(len(cast({{ basic }} as json[])), 0) + coalesce(len(cast({{ advanced }} as json[])), 0) = 0 then null
    else coalesce(len(list_filter(cast({{ basic }} as json[]), item ->
            coalesce(json_extract_string(item, '$.ReadWriteType'), 'All') in ('All', 'ReadOnly')
            and len(list_filter(cast(json_extract(item, '$.DataResources') as json[]), data ->
                json_extract_string(data, '$.Type') = 'AWS::S3::Object'
                and len(list_filter(json_extract_string(data, '$.Values[*]'), named ->
                    starts_with({{ bucket_arn }} || '/', named))) > 0
            )) > 0
        )), 0)
        + coalesce(len(list_filter(cast({{ advanced }} as json[]), item ->
            len(list_filter(cast(json_extract(item, '$.FieldSelectors') as json[]), selector ->
                (json_extract_string(selector, '$.Field') = 'eventCategory' and json_extract_string(selector, '$.Equals[0]') = 'Data')
                or (json_extract_string(selector, '$.Field') = 'resources.type' and json_extract_string(selector, '$.Equals[0]') = 'AWS::S3::Object')
            )) = 2
            and len(list_filter(cast(json_extract(item, '$.FieldSelectors') as json[]), selector ->
                not case json_extract_string(selector, '$.Field')
                    when 'eventCategory' then true
                    when 'resources.type' then true
                    when 'readOnly' then coalesce(json_extract_string(selector, '$.Equals[0]') = 'true', false)
                    when 'resources.ARN' then coalesce(len(list_filter(json_extract_string(selector, '$.StartsWith[*]'), named ->
                        starts_with({{ bucket_arn }} || '/', named))) > 0, false)
                    else false
                end
            )) = 0
        )), 0) > 0
end
{%- endmacro %}
