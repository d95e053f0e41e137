select month, entries, treatments, device_status
  from analytics.records_by_month
 where project = {{project}} [[and {{dates}}]]
 order by month
