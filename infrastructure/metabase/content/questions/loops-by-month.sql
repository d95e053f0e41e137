select month, loop, days
  from analytics.loop_by_month
 where project = {{project}} [[and {{dates}}]]
 order by month, loop
