{#- What the access controls share: who holds a declared permission when. -#}

{#-
  Who holds a declared permission when, as a select: person_key, role, valid_from, valid_to (excluded, null is open).
  A role holds what it or a role that it inherits grants, unless one of them denies it. A cycle ends by itself. A single
  permission may be lent for a time; an assignment that nobody approved gives nothing.
-#}
{% macro holders_of(permission) -%}
select distinct
    refs.person_key,
    coalesce(assignments.role, 'lent') as role,
    assignments.valid_from,
    assignments.valid_to
from ({{ newest(ref('stg_registers__role_assignments')) }}) as assignments
inner join {{ ref('int_person_refs') }} as refs on refs.ref = assignments.person_id
left join (
    with recursive definitions as ({{ newest(ref('stg_registers__roles')) }}),

    closure as (
        select role, role as included from definitions
        union
        select closure.role, parent.parent_role as included
        from closure
        inner join definitions on definitions.role = closure.included
        cross join {{ each_item('definitions.inherits') }} as parent(parent_role)
    )

    select closure.role
    from closure
    inner join definitions on definitions.role = closure.included
    group by closure.role
    having max(case when {{ includes('definitions.permissions', "'" ~ permission ~ "'") }} then 1 else 0 end) = 1
        and max(case when {{ includes('definitions.denied', "'" ~ permission ~ "'") }} then 1 else 0 end) = 0
) as granting on granting.role = assignments.role
where assignments.approved_by is not null
    and (granting.role is not null or (assignments.permission = '{{ permission }}' and assignments.valid_to is not null))
{%- endmacro %}

{#- Kind of a public key as OpenSSH writes it: ssh-rsa, ssh-ed25519, ssh-dss, …; null when it is none. -#}
{% macro ssh_key_kind(public_key) -%}
case when {{ public_key }} like '% %' then lower(split_part(trim({{ public_key }}), ' ', 1)) end
{%- endmacro %}

{#- Fingerprint of the material, as ssh-keygen shows it without its prefix: SHA-256 in base64 without padding. -#}
{% macro ssh_fingerprint(public_key) -%}
case
    when {{ public_key }} like '% %'
        then rtrim(base64(unhex(sha256(from_base64(split_part(trim({{ public_key }}), ' ', 2))))), '=')
end
{%- endmacro %}

{#- Bits of an RSA public key: what is left of its blob after names and exponent, to the nearest 64. -#}
{% macro ssh_rsa_bits(public_key) -%}
case
    when {{ public_key }} like 'ssh-rsa %'
        then cast(round((octet_length(from_base64(split_part(trim({{ public_key }}), ' ', 2))) - 22) * 8 / 64.0) * 64 as integer)
end
{%- endmacro %}

{#-
  A completeness check, as a select: lines of access reviews in the register against rows of a control that judges lines.
  What one review has too many makes up for nothing that another lacks.
-#}
{% macro review_lines_judged(control, check_name, detail) -%}
select
    '{{ check_name }}' as check_name,
    'registers.access_review_lines' as scope,
    coalesce(sum(lines.lines), 0) as expected,
    coalesce(sum(lines.lines - abs(lines.lines - coalesce(judged.lines, 0))), 0) as actual,
    '{{ detail }}' as detail
from (
    select reviews.review_id, count(*) as lines
    from {{ ref('fct_access_review') }} as reviews
    inner join ({{ newest(ref('stg_registers__access_review_lines')) }}) as register on register.review_id = reviews.review_id
    group by reviews.review_id
) as lines
left join (
    select review_id, count(line_no) as lines
    from {{ control }}
    group by review_id
) as judged on judged.review_id = lines.review_id
{%- endmacro %}
