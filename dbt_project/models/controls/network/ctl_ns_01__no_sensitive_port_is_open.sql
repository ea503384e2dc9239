with rules as (
    select
        *,
        -- ICMP has no ports; its numbers are message types.
        lower(coalesce(protocol, '')) in ('icmp', 'icmpv6', '1', '58') as is_portless,
        protocol = '-1' or from_port is null as is_every_port
    from {{ ref('dim_sg_rule') }}
),

ports as (
    select
        *,
        not is_portless and (
            is_every_port
            {%- for port in param_value('sensitive_ports') or [] %}
            or {{ port }} between from_port and to_port
            {%- endfor %}
        ) as is_sensitive,
        not is_portless and not (
            not is_every_port
            and from_port = to_port
            and from_port in ({% for port in param_value('allowed_public_ports') or [-1] %}{{ port }}{{ ', ' if not loop.last }}{% endfor %})
        ) as is_unexpected
    from rules
),

databases as (
    select *
    from {{ ref('stg_aws_data__db_instances') }}
    where _day = {{ as_of_day() }} and database_id is not null
),

-- Groups that were listed: one that was not may let anybody in. One that was, without a rule, lets nobody in.
known_groups as (
    select distinct region, security_group_id
    from {{ ref('stg_aws_network__security_groups') }}
    where _day = {{ as_of_day() }} and security_group_id is not null
),

unlisted as (
    select distinct databases.database_id
    from databases
    cross join {{ each_item('databases.security_group_ids') }} as item(security_group_id)
    left join known_groups
        on known_groups.region = databases.region and known_groups.security_group_id = item.security_group_id
    where known_groups.security_group_id is null
),

reachable as (
    select
        databases.database_id,
        max(
            case
                when rules.is_open_to_world and (rules.is_every_port or databases.port is null or databases.port between rules.from_port and rules.to_port)
                    then 1
                else 0
            end
        ) = 1 as is_reachable,
        max(case when rules.is_open_to_world is null then 1 else 0 end) = 1 as has_unread_rule
    from databases
    cross join {{ each_item('databases.security_group_ids') }} as item(security_group_id)
    inner join rules on rules.region = databases.region and rules.security_group_id = item.security_group_id
    where not rules.is_portless
    group by databases.database_id
),

refused as (
    select region, account_id, error_code, 'unread' as part, 'security groups' as what
    from {{ ref('stg_aws_network__security_groups') }}
    where _day = {{ as_of_day() }} and error_code is not null
    union all
    select region, account_id, error_code, 'databases unread', 'databases'
    from {{ ref('stg_aws_data__db_instances') }}
    where _day = {{ as_of_day() }} and error_code is not null
),

refused_regions as (
    select region from refused where part = 'unread'
),

population as (
    select
        'rule' as kind,
        rule_key as entity_key,
        coalesce(group_name, security_group_id) || ' ' || coalesce(cidr, prefix_list_id, '') as entity_name,
        region,
        account_id,
        security_group_id,
        protocol,
        from_port,
        to_port,
        cidr,
        attached_to,
        coalesce(is_open_to_world, false) as is_open,
        {{ is_empty_list('attached_to') }} as is_unattached,
        is_sensitive,
        is_unexpected,
        false as is_public_database,
        is_open_to_world is null or (is_open_to_world and not is_attachment_known) as is_unknown,
        case when is_open_to_world is null then 'The ranges of prefix list ' || prefix_list_id || ' could not be read.'
            else 'What the group is attached to could not be read.' end as unknown_reason
    from ports

    union all

    select
        'database',
        databases.database_id,
        databases.name,
        databases.region,
        databases.account_id,
        {{ joined('databases.security_group_ids', ' ') }},
        'tcp',
        databases.port,
        databases.port,
        null,
        {{ list_of('databases.name') }},
        coalesce(reachable.is_reachable, false),
        false,
        false,
        false,
        coalesce(databases.is_publicly_accessible and reachable.is_reachable, false),
        databases.is_publicly_accessible is null
            or (databases.is_publicly_accessible and not coalesce(reachable.is_reachable, false)
                and (
                    coalesce(reachable.has_unread_rule, false)
                    or refused_regions.region is not null
                    or unlisted.database_id is not null
                    or databases.security_group_ids is null
                )),
        'Whether the database has a public address, or what its groups let in, could not be read.'
    from databases
    left join reachable on reachable.database_id = databases.database_id
    left join refused_regions on refused_regions.region = databases.region
    left join unlisted on unlisted.database_id = databases.database_id

    union all

    select
        'region',
        region || '|' || part,
        what || ' of ' || region,
        region,
        account_id,
        null,
        null,
        null,
        null,
        null,
        {{ empty_codes() }},
        false,
        false,
        false,
        false,
        false,
        true,
        'The ' || what || ' of the region could not be listed (' || error_code || ').'
    from refused
),

judged as (
    select
        *,
        {{ codes([
            ('OPEN_SENSITIVE_PORT', "kind = 'rule' and is_open and is_sensitive and not is_unattached"),
            ('OPEN_UNEXPECTED_PORT', "kind = 'rule' and is_open and is_unexpected and not is_unattached"),
            ('PUBLIC_DATABASE', 'is_public_database'),
            ('OPEN_UNATTACHED', "kind = 'rule' and is_open and is_unexpected and is_unattached"),
        ]) }} as codes
    from population
)

select
    entity_key,
    entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when is_public_database then 'The database has a public address, and a security group lets every address reach its port.'
        when is_unknown then unknown_reason
        when kind = 'database' then 'Not open to every address.'
        when {{ is_empty_list('codes') }} and is_open then 'Open to every address on a port that may be public.'
        when {{ is_empty_list('codes') }} then 'Lets in ' || coalesce(cidr, 'nobody') || ' only.'
        when is_unattached then 'Open to every address, but the group is attached to nothing.'
        when is_sensitive then 'Open to every address on an administrative or database port (' || coalesce(protocol, '?') || ' '
            || coalesce(cast(from_port as varchar) || '-' || cast(to_port as varchar), 'every port') || ').'
        else 'Open to every address on a port that need not be public (' || coalesce(protocol, '?') || ' '
            || coalesce(cast(from_port as varchar) || '-' || cast(to_port as varchar), 'every port') || ').'
    end as reason,
    region,
    account_id,
    security_group_id,
    protocol,
    from_port,
    to_port,
    cidr,
    attached_to,
    {{ demands([
        ('sg_open_admin_ports', "kind = 'rule' and is_sensitive"),
        ('sg_open_any', "kind = 'rule'"),
        ('rds_public', "kind = 'database'"),
    ]) }} as demands
from judged
