select month, participants
  from analytics.records_by_month
 where project = {{project}} [[and {{dates}}]]
 order by month
