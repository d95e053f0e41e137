select name, participants
  from analytics.groups
 where project = {{project}} and kind = 'gri'
 order by place
