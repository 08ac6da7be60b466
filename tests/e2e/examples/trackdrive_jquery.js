$.ajax({
  url: "https://your-domain.com/api/v1/leads?lead_token=YOUR_TOKEN",
  method: "POST",
  data: {
    caller_id: "+17192221234",
    data: { loan_amount: "500" }
  }
});
