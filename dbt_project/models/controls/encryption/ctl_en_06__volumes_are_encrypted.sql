with volumes as (
    select
        region,
        volume_id as part,
        coalesce(name, volume_id) as name,
        volume_id,
        account_id,
        encrypted,
        kms_key_id,
        attached_instance,
        state,
        cast(null as varchar) as opt_in_status,
        cast(null as varchar) as error_code,
        false as is_default
    from {{ ref('dim_volume') }}
    where valid_to is null
),

defaults as (
    -- A region without a volume still says what the next volume would be.
    select
        regions.region,
        'default' as part,
        'default of ' || regions.region as name,
        cast(null as varchar) as volume_id,
        settings.account_id,
        settings.is_encrypted_by_default as encrypted,
        cast(null as varchar) as kms_key_id,
        cast(null as varchar) as attached_instance,
        cast(null as varchar) as state,
        case when not regions.is_enabled then regions.opt_in_status end as opt_in_status,
        coalesce(settings.error_code, case when settings.region is null then 'not asked' end) as error_code,
        true as is_default
    from {{ ref('stg_aws_data__regions') }} as regions
    left join {{ ref('stg_aws_data__ebs_default') }} as settings
        on settings._day = regions._day and settings.region = regions.region
    where regions._day = {{ as_of_day() }}
),

population as (
    select * from volumes
    union all
    select * from defaults
),

judged as (
    select
        *,
        {{ codes([
            ('VOLUME_NOT_ENCRYPTED', 'not is_default and not encrypted'),
            ('DEFAULT_OFF', 'is_default and opt_in_status is null and not encrypted and ' ~ param('default_required')),
        ]) }} as codes,
        opt_in_status is null and encrypted is null as is_unknown,
        opt_in_status is not null as is_excluded
    from population
)

select
    region || '|' || part as entity_key,
    name as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then 'The account has not opted into this region (' || opt_in_status || ').'
        when is_unknown and is_default then 'The default of the region could not be read (' || coalesce(error_code, 'empty answer') || ').'
        when is_unknown then 'Whether the volume is encrypted is not known.'
        when is_default and encrypted then 'New volumes of the region are encrypted.'
        when is_default then 'New volumes of the region are not encrypted unless somebody asks for it.'
        when encrypted then 'Encrypted' || case when attached_instance is null then '; detached' else '' end || '.'
        else 'Not encrypted' || case when attached_instance is null then '; detached, but its data is still there' else '' end || '.'
    end as reason,
    volume_id,
    region,
    account_id,
    encrypted,
    kms_key_id,
    attached_instance,
    {{ demands([
        ('ebs_volume_encrypted', "not is_default"),
        ('ebs_default_encryption', "is_default"),
    ]) }} as demands
from judged
