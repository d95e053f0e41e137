select name, participants
  from analytics.groups
 where project = {{project}} and kind = 'gender'
 order by participants desc, name
