select loop || ' (' || participants || ')' as loop, bolus_units, smb_units, basal_units
  from analytics.insulin
 where project = {{project}}
 order by place
