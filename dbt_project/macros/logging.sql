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

{#- Whether what lies under one of some prefixes is in part also under another prefix. -#}
{% macro any_overlaps(prefixes, prefix) -%}
len(list_filter({{ prefixes }}, item -> starts_with(item, {{ prefix }}) or starts_with({{ prefix }}, item))) > 0
{%- endmacro %}

{#- A text without any of some characters. -#}
{% macro without_characters(text, characters) -%}
translate({{ text }}, '{{ characters }}', '')
{%- endmacro %}

{#- The parts of a text between separators, as a list. -#}
{% macro split_text(text, separator) -%}
string_split({{ text }}, '{{ separator }}')
{%- endmacro %}

{#-
  Whether selectors of a trail take reads and writes of every object of every bucket. Basic: the type with the bare
  prefix arn:aws:s3 and all of it; advanced: eventCategory and resources.type alone, nothing that narrows.
-#}
{% macro selects_all_objects(basic, advanced) -%}
(
    coalesce(len(list_filter(cast({{ basic }} as json[]), item ->
        coalesce(json_extract_string(item, '$.ReadWriteType'), 'All') = 'All'
        and len(list_filter(cast(coalesce(json_extract(item, '$.DataResources'), '[]') as json[]), resource ->
            json_extract_string(resource, '$.Type') = 'AWS::S3::Object'
            and list_has_any(json_extract_string(resource, '$.Values[*]'), ['arn:aws:s3', 'arn:aws:s3:::']))) > 0
    )), 0)
    + coalesce(len(list_filter(cast({{ advanced }} as json[]), item ->
        json_array_length(item, '$.FieldSelectors') = 2
        and list_contains(json_extract_string(item, '$.FieldSelectors[*].Field'), 'eventCategory')
        and list_contains(json_extract_string(item, '$.FieldSelectors[*].Field'), 'resources.type')
        and list_contains(json_extract_string(item, '$.FieldSelectors[*].Equals[*]'), 'Data')
        and list_contains(json_extract_string(item, '$.FieldSelectors[*].Equals[*]'), 'AWS::S3::Object')
    )), 0) > 0
)
{%- endmacro %}

{#- Whether a policy document allows everybody anything without a condition; null when there is no statement to read. -#}
{% macro is_open_policy(document) -%}
len(list_filter({{ soc2_warehouse.policy_statements(document) }}, statement ->
    json_extract_string(statement, '$.Effect') = 'Allow'
    and json_extract(statement, '$.Condition') is null
    and (
        list_contains({{ soc2_warehouse.policy_principals('statement') }}, '*')
        or json_extract(statement, '$.NotPrincipal') is not null
    )
)) > 0
{%- endmacro %}

{#-
  Whether selectors of a trail take every read, or every write (kind), of the objects of one bucket. Management events say
  nothing of objects, and a selector of some prefix is not the bucket. Advanced selectors may name the kind (readOnly) and
  the bucket (resources.ARN, by StartsWith); whatever else stands in one narrows it.
-#}
{% macro selects_objects_of(basic, advanced, bucket_arn, kind) -%}
{%- set texts = "json_extract_string(item, '$.FieldSelectors[*]." -%}
(
    coalesce(len(list_filter(cast({{ basic }} as json[]), item ->
        coalesce(json_extract_string(item, '$.ReadWriteType'), 'All') in ('All', '{{ 'ReadOnly' if kind == 'read' else 'WriteOnly' }}')
        and len(list_filter(cast(coalesce(json_extract(item, '$.DataResources'), '[]') as json[]), resource ->
            json_extract_string(resource, '$.Type') = 'AWS::S3::Object'
            and list_has_any(json_extract_string(resource, '$.Values[*]'), ['arn:aws:s3', 'arn:aws:s3:::', {{ bucket_arn }} || '/']))) > 0
    )), 0)
    + coalesce(len(list_filter(cast({{ advanced }} as json[]), item ->
        list_contains({{ texts }}Equals[*]'), 'Data')
        and list_contains({{ texts }}Equals[*]'), 'AWS::S3::Object')
        and len(list_filter(cast(json_extract(item, '$.FieldSelectors') as json[]), field ->
            case json_extract_string(field, '$.Field')
                when 'eventCategory' then true
                when 'resources.type' then true
                when 'readOnly' then coalesce(json_extract_string(field, '$.Equals[0]') = '{{ 'true' if kind == 'read' else 'false' }}', false)
                when 'resources.ARN' then coalesce(list_contains(json_extract_string(field, '$.StartsWith[*]'), {{ bucket_arn }} || '/'), false)
                else false
            end)) = json_array_length(item, '$.FieldSelectors')
    )), 0) > 0
)
{%- endmacro %}
