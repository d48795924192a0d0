-- Balances as they are shown; goes on from `balances`.
select
    contract,
    day,
    billed::bigint as billed,
    taxed::bigint as taxed,
    for_principal::bigint as for_principal,
    paid::bigint as paid,
    paid_to_customer::bigint as paid_to_customer,
    written_off::bigint as written_off,
    recognised::bigint as recognised,
    accrued::bigint as accrued,
    breakage::bigint as breakage,
    unrecognised::bigint as unrecognised,
    transaction_price::bigint as transaction_price,
    cash_in_advance::bigint as cash_in_advance,
    conditional_bill::bigint as conditional_bill,
    (open_bills + cash_in_advance - conditional_bill)::bigint as receivable,
    deposit_liability::bigint as deposit_liability,
    refund_liability::bigint as refund_liability,
    greatest(position - refund_liability, 0)::bigint as contract_liability,
    greatest(refund_liability - position, 0)::bigint as contract_asset
from returned
