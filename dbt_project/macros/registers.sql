{#- The rows of the newest logical day of a staging model: what a register says as of the day judged. -#}
{% macro newest(relation) -%}
select * from {{ relation }} where _day = (select max(_day) from {{ relation }})
{%- endmacro %}
