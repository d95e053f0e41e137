select name, participants
  from analytics.groups
 where project = {{project}} and kind = 'age'
 order by place
